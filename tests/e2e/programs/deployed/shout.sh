set -e
echo "progress 0.5"
{ echo "$4 $3"; tr a-z A-Z < "$1"; } > "$2/shouted.txt"
mkdir "$2/more"
echo "#EXTM3U" > "$2/list.m3u8"
echo "one" > "$2/more/z.txt"
echo "progress 1"
