echo "half of it" > "$1/half.txt"
i=0
while [ $i -lt 300 ]; do echo "a banner that nobody reads, line $i" >&2; i=$((i + 1)); done
echo "cannot open https://media.oss-cn-hangzhou.aliyuncs.com/a.mp4?x-oss-signature=canary-5e1f0c&x-oss-date=1" >&2
echo "nor http://me:canary-5e1f0c@host/a, Authorization: Bearer canary-5e1f0c" >&2
exit "$2"
