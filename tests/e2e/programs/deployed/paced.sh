case "$3" in
*slow*) sleep 60 ;;
*middling*) sleep 3 ;;
*) sleep 0.8 ;;
esac
cp "$1" "$2/copy.txt"
