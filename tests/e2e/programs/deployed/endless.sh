trap "" TERM
# Children that do not heed SIGTERM either: one in the group, one in a session of its own, and one
# whose parent has gone and which has another environment.
(trap "" TERM; while :; do sleep "$1"; done) &
setsid sh -c 'trap "" TERM; while :; do sleep "$0"; done' "$1" &
(env -i setsid sh -c 'trap "" TERM; while :; do /bin/sleep "$0"; done' "$1" &)
echo "progress 0.25"
while :; do sleep "$1"; done
