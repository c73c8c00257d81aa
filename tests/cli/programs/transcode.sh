set -e
case "$5" in *bad*) echo "no video in it" >&2; exit 3 ;; esac
i=0
while [ $i -lt "$4" ]; do sleep 0.7; i=$((i + 1)); echo "progress 0.$((10 + i))"; done
cp "$1" "$2/video.$3"
