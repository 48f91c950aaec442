#!/bin/sh
# check-signature.sh ZONE SERVER HOURS: alarms where the signature over the SOA has less than that left
end=$(dig +short +dnssec @"$2" "$1" SOA | awk '$1 == "SOA" { print $5 }' |
    sed 's/\(....\)\(..\)\(..\)\(..\)\(..\)/\1-\2-\3 \4:\5:/')
[ -n "$end" ] || { echo "CRITICAL: no signature over the SOA of $1"; exit 2; }
left=$(( ($(date -u -d "$end" +%s) - $(date +%s)) / 3600 ))
[ $left -ge "$3" ] || { echo "CRITICAL: $left h left"; exit 2; }
echo "OK: $left h left"
