#!/bin/sh
# Reports one indicator from a shell script, with curl. Shows: a token that is in no list of
# processes, retries that cannot report twice (Idempotency-Key), and an error's stable code.
#
#   export TOCSIN_TOKEN=$(npx tocsin token create --role detector --name pipeline)
#   sh scripts/examples/report.sh ip 198.51.100.7 case-4711
#
# TOCSIN_URL is the node (http://127.0.0.1:4718). The third word is your own name of the incident:
# the same one again, a day long, is answered as the first time. Keyed types are not for this
# script: their values must not stand in arguments (tocsin report TYPE -).
set -eu

type=$1 value=$2 incident=$3
url=${TOCSIN_URL:-http://127.0.0.1:4718}

# Into JSON go only characters that mean nothing there.
case "$type$value$incident" in
  *[!A-Za-z0-9.:/_-]*) echo "report.sh: a character that does not belong in there" >&2; exit 2 ;;
esac

answer=$(printf 'Authorization: Bearer %s\n' "$TOCSIN_TOKEN" | curl -sS -H @- \
  --max-time 10 --retry 5 --retry-connrefused \
  -H 'Content-Type: application/json' -H "Idempotency-Key: $incident" \
  -d "{\"type\":\"$type\",\"value\":\"$value\",\"labels\":[\"automated\"]}" \
  -w '\n%{http_code}' "$url/v1/reports")
status=${answer##*
}
printf '%s\n' "${answer%
*}"
# 201: new and durable. 200: we have said so already.
[ "$status" = 201 ] || [ "$status" = 200 ]
