// Package files reads what shops export and keep in tables: order files and the
// goods catalogue. A file connection tells nothing by itself; its orders are as
// old as the file.
//
// A file is text (UTF-8, GB18030 or UTF-16; columns apart by comma, semicolon or
// tab) or a workbook (XLSX). It is read row by row and little of a row is kept,
// so that memory stays within bounds (limits.go); only plain files are opened,
// and one that changes meanwhile gives nothing.
//
// Columns are found by name, never by place: marketplaces add columns and differ
// by country. Which name means what, the localised values and the markets are
// data (assets/columns/*.json, [Columns]); a shop may add its own layouts
// ([OwnColumns]). Which layout a file has is told by its header (choose.go).
//
// A file is taken whole or not at all. Every reason against it is a [Refusal]
// with the row as a spreadsheet numbers it, the column and a sentence. With
// Partial, orders that are good in every row are taken from a bad file; a row
// whose order can't be read puts its neighbours under suspicion too, because it
// may be a line of theirs. Some faults condemn the whole file even then: text
// of an unknown encoding, a missing column, broken quotes, identifiers that a
// spreadsheet has rounded.
//
// Decisions that a reader might look for:
//
//   - Dates: whether 06/10/2026 is in June or October is decided once for the
//     whole file. AM/PM means month first (only US exports have it); a first
//     number above 12 means day first, a second one month first; evidence for
//     both refuses the file. Without evidence the market decides, by the country
//     column, else by columns that only one market has, else by Options.Market;
//     and without a market day first, because a US export always says AM or PM.
//     Times are read in the market's time zone; the file doesn't say which it
//     means.
//   - Spreadsheets: an identifier in a cell that is a number of more than 15
//     digits, a formula or an error is refused, since its digits may be lost;
//     dates may be numbers; merged cells from the header down are refused;
//     hidden rows are taken and counted; of several sheets the one whose header
//     fits is taken, two that fit are refused.
//   - A file without goods (a shipment import) gives parcels on hold: what is
//     not told can't be checked.
//   - Money: int64 minor units by ISO 4217 (the rupiah has two digits, the dong
//     none) in the currency of the market. A mark followed by three digits
//     separates thousands. It is the whole order's amount, also on each parcel of
//     a split order; orders combined into one parcel are added.
//   - Parcels: rows with one package id are one parcel, rows without are one
//     parcel per order id. An order in several packages gives parcels "1 of n",
//     numbered by package id so that the order of the rows doesn't matter.
//   - Lines that are cancelled or have left already are left out of a parcel that
//     still has others. A buyer's wish to cancel any line stops the parcel.
//   - A status that the column file doesn't know puts the parcel on hold in the
//     platform's own words, with a note, rather than guessing.
package files
