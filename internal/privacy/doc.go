// Package privacy keeps what belongs to people, and what is secret, off screens
// and out of logs.
//
// Words:
//
//   - mask: a name, phone number or e-mail address of which only as much is left
//     as tells two people apart ("M. S***", "张**", "***678").
//   - scrub: free text in which everything that looks like a phone number, an
//     e-mail address or a long number is masked, and every remembered secret is
//     hidden; the rest stays.
//   - remembered: a secret that this process has read. It is scrubbed out of
//     every log line, wherever it got into it.
//
// A log is read by people who help from outside and is copied into mails, so
// nothing in it may lead to a buyer. No pattern finds a name inside a sentence;
// therefore attributes that hold names or a server's own words are dropped by
// their key ([Handler]), and values that are no plain text are not written at all.
package privacy
