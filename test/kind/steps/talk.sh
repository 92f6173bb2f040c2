# shellcheck shell=bash
# How the tool speaks: progress with times on standard error, and one sentence when it cannot go on.

say() { echo "cluster: $*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# still_at_it TEXT START: a line every half minute, so that a long step is seen to be alive.
still_at_it() {
  local text=$1 start=$2 beat=0
  while sleep 2; do
    beat=$((beat + 1))
    if ((beat % 15 == 0)); then say "  still $text ($((SECONDS - start)) s)"; fi
  done
}

# step TEXT EXPECTED COMMAND...: runs the command and says how long it took.
step() {
  local text=$1 expected=$2 start=$SECONDS ticker
  shift 2
  say "$text ($expected)"
  still_at_it "$text" "$start" > /dev/null 9>&- & # without the lock of alone
  ticker=$!
  # shellcheck disable=SC2064 # this ticker, not the one of a later step
  trap "kill $ticker 2> /dev/null || true" EXIT
  "$@"
  kill "$ticker" 2> /dev/null || true
  trap - EXIT
  say "  done in $((SECONDS - start)) s"
}

# quietly LOG COMMAND...: keeps the output in a file of the cache and shows its end when the command fails.
quietly() {
  local log=$cache/$1.log
  shift
  "$@" > "$log" 2>&1 || {
    tail -25 "$log" >&2
    fail "'$1 ${2:-}' failed; its last lines are above, all of them in $log"
  }
}

# alone COMMAND...: one at a time among all calls of this tool, since two builds of one image would collide.
alone() {
  exec 9> "$cache/lock"
  if ! flock -n 9; then
    say "waiting for another call of this tool to finish its build"
    flock 9
  fi
  "$@"
  exec 9>&-
}
