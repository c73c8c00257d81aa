case "$2" in
files) for i in 1 2 3 4 5 6 7 8 9; do head -c 8000000 /dev/zero > "$1/$i"; sleep 0.2; done ;;
file) exec head -c 80000000 /dev/zero > "$1/all" ;;
work) for i in 1 2 3 4 5 6 7 8 9; do head -c 8000000 /dev/zero > "$TMPDIR/$i"; sleep 0.2; done ;;
esac
sleep 60
