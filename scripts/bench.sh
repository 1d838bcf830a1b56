#!/usr/bin/env bash
# One table: each figure beside its target and its reference of the same run.
# PACKBENCH_PARCELS says how many parcels the database holds (a million takes
# some minutes to fill). Machines are shared and noisy: read the ratios.
set -euo pipefail
cd "$(dirname "$0")/.."
export PACKBENCH_PARCELS=${PACKBENCH_PARCELS:-1000000}
out=build/bench.txt
mkdir -p build
{
  go test -run '^$' -bench . -benchtime 1x -timeout 2h ./internal/figures
  go test -run '^$' -bench Encode -benchtime 100x ./printer/zpl
  go test -run '^$' -bench Render -benchtime 3x ./label
  go test -run '^$' -bench Decide ./packing
} | tee "$out" >&2

# metric NAME UNIT: the value that stands before UNIT in the line of benchmark NAME
metric() { awk -v name="$1" -v unit="$2" '$1 ~ "^"name"(-[0-9]+)?$" {for (i = 2; i < NF; i++) if ($(i+1) == unit) print $i}' "$out"; }
row() { printf '%-52s %-30s %s\n' "$1" "$2" "$3"; }

echo
row "what ($PACKBENCH_PARCELS parcels)" "measured" "target, reference"
for q in p50 p95 p99; do
  t="≤ 2 × a bare durable transaction"
  [ $q = p99 ] && t="reported"
  row "scan → stored and View published, $q" "$(metric BenchmarkWarehouse/ScanToView $q-ms) ms, $(metric BenchmarkWarehouse/ScanToView "$q-×bare") × bare" "$t"
done
row "last scan → first label byte, cached" "p50 $(metric BenchmarkLastScanToFirstByte p50-ms) ms, p95 $(metric BenchmarkLastScanToFirstByte p95-ms) ms" "≤ 10 ms more than the scan itself"
row "PDF → 1-bit page, 203 dpi, median of samples" "$(metric BenchmarkRender ms/page) ms, $(metric BenchmarkRender ratio) × pdftoppm" "≤ 0.5 × one pdftoppm process"
while read -r sample peer; do
  bytes=$(metric "BenchmarkEncode/$sample" wire-bytes)
  ns=$(metric "BenchmarkEncode/$sample" ns/op)
  [ -n "$bytes" ] || continue
  row "ZPL bytes, $sample" "$bytes, $(awk -v a="$bytes" -v b="$peer" 'BEGIN{printf "%.3f", a/b}') × $peer" "≤ 1.01 × zpl-image each"
  row "encode, $sample" "$(awk -v n="$ns" 'BEGIN{printf "%.1f", n/1e6}') ms" "≤ 3 ms at 203, ≤ 6 ms at 300 dpi"
done <<'PEERS'
ups_812x1218.png 12394
dhl-paket_812x1218.png 11038
fedex-pdf_812x1218.png 23918
fedex-pdf_1200x1800.png 23386
PEERS
row "5,000-parcel sale, last tenth / first tenth" "$(metric BenchmarkSale last/first) ×, $(metric BenchmarkSale last-ms/parcel) ms a parcel" "no slower at the end"
row "  heap at a tenth and at the end" "$(metric BenchmarkSale first-heap-MB) and $(metric BenchmarkSale last-heap-MB) MB" "flat"
row "start → first scan taken" "$(metric BenchmarkWarehouse/Start ms) ms" "≤ 2,000 ms"
import=BenchmarkWarehouse/ImportWhilePacking
for q in p50 p95 p99; do
  row "scan while orders are imported, $q" "$(metric $import $q-busy-ms) ms" "≤ 5 ms more than $(metric $import $q-quiet-ms) ms without"
done
row "  orders taken meanwhile, more heap" "$(metric $import orders/s) a second, $(metric $import more-heap-MB) MB" "reported"
for what in order waybill tail nothing; do
  row "search by $what" "p50 $(metric BenchmarkWarehouse/Search $what-p50-ms) ms, p99 $(metric BenchmarkWarehouse/Search $what-p99-ms) ms" "reported"
done
row "backup beside a packing bench" "$(metric BenchmarkWarehouse/Backup s) s, $(metric BenchmarkWarehouse/Backup MB) MB; scan p99 $(metric BenchmarkWarehouse/Backup p99-busy-ms) ms" "reported"
row "audit" "$(metric BenchmarkWarehouse/Audit s) s, peak $(metric BenchmarkWarehouse/Audit peak-MB) MB" "reported"
row "one decision" "$(awk -v n="$(metric BenchmarkDecide ns/op)" 'BEGIN{printf "%.1f", n/1e3}') µs" "reported"
