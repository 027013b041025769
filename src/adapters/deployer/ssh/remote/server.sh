# Second part: what is known of a server, and the changes made to it, each safe to repeat.

record() { [ ! -e "$dir/$1.json" ] || say "$1 $(cat "$dir/$1.json")"; }

room() { df -Pk "$dir" 2>/dev/null | sed -n '2s/^.* \([0-9][0-9]*\)  *[0-9]*% .*$/\1/p'; }

# The files of a build, one a line: how each may be used, and its path.
listing_of() {
  (
    cd "$1" || exit
    find . -type f -perm -100 | sed 's|^\./|x |'
    find . -type f ! -perm -100 | sed 's|^\./|- |'
    find . -type l | while IFS= read -r link; do printf 'l %s %s\n' "${link#./}" "$(readlink "$link")"; done
  ) | sort
}

# Files beside those of the build do not matter: a server may write some.
intact() {
  [ -s "$1/listing" ] || return
  [ -z "$(listing_of "$1/files" | comm -23 "$1/listing" -)" ] || return
  [ ! -s "$1/sums" ] || (cd "$1/files" && sha256sum -c ../sums) >/dev/null 2>&1
}

# Arguments: kind (unit, pid, none), then the words that tell of the service's process.
tell_process() {
  [ "$1" = none ] && return
  shift
  told=$("$@" </dev/null 2>/dev/null)
  pid=$(printf '%s\n' "$told" | sed -n 's/^MainPID=\([0-9]*\)$/\1/p; s/^[ ]*\([0-9][0-9]*\)[ ]*$/\1/p' | head -n 1)
  active=$(printf '%s\n' "$told" | sed -n 's/^ActiveState=\([a-z-]*\)$/\1/p')
  # Where /proc hides the processes of others, systemd tells the start in microseconds; a tick is a hundredth of a second.
  since_boot=$(printf '%s\n' "$told" | sed -n 's/^ExecMainStartTimestampMonotonic=\([0-9]*\)$/\1/p')
  start=$(start_of "${pid:-0}") || start=$((${since_boot:-0} / 10000))
  [ "$start" -gt 0 ] || pid=0
  say "process ${pid:-0} ${start:-0} $(boot) ${active:-none}"
}

look() {
  highest
  say "claim $top"
  record base
  record current
  [ -z "$release" ] || ! intact "$dir/releases/$release" || say kept
  say "room $(room)"
  tell_process "$@"
}

# ---- changes

write_record() {
  printf '%s\n' "$2" >"$dir/staging/$claim.$1" || fail "$1.json cannot be written: $(room) KB are free"
  sync "$dir/staging/$claim.$1" 2>/dev/null || sync
  mv -f "$dir/staging/$claim.$1" "$dir/$1.json" || fail "$1.json cannot be written"
}

install_release() {
  [ ! -e "$dir/staging/$claim.damaged" ] || rm -rf "$dir/staging/$claim.damaged"
  [ ! -e "$dir/releases/$release" ] || mv -T "$dir/releases/$release" "$dir/staging/$claim.damaged" ||
    fail "the damaged $release cannot be moved"
  mv -T "$dir/staging/$staged" "$dir/releases/$release" || fail "$release cannot be put in its place"
}

# What a unit's EnvironmentFile tells the process; a build can be given another version name.
write_env() {
  printf 'GRAY_VERSION=%s\nGRAY_DIGEST=%s\n' "$version" "sha256:${release#sha256-}" >"$dir/staging/$claim.env" ||
    fail "the environment cannot be written: $(room) KB are free"
  mv -f "$dir/staging/$claim.env" "$dir/releases/$release/env" || fail "the environment cannot be written"
}

# A process that starts after `since` has started in the new folder.
set_current() {
  write_env
  ln -s -f -n "releases/$release" "$dir/staging/$claim.link" || fail "no link can be made: $(room) KB are free"
  mv -T -f "$dir/staging/$claim.link" "$dir/current" || fail "$dir/current cannot be replaced"
  write_record current "{\"artifact\":$current,\"boot\":\"$(boot)\",\"since\":\"$(now)\"}"
}

# The number of words, then these and others.
restart() {
  count=$1
  shift
  others=$(($# - count))
  while [ "$count" -gt 0 ]; do
    set -- "$@" "$1"
    shift
    count=$((count - 1))
  done
  shift $others
  # Into a file: a server that keeps its starter's output would keep this session open. And it must not keep the lock.
  (trap - HUP PIPE && exec "$@") </dev/null >"$dir/staging/$claim.out" 2>&1 9>&-
  status=$?
  [ $status -eq 0 ] || fail "the restart ended with status $status: $(tail -n 5 "$dir/staging/$claim.out" | tr '\n' ' ')"
}

# Current and base are never dropped, whatever their age.
prune() {
  now_linked=$(readlink "$dir/current" | sed 's|^releases/||')
  base_named=$(sed -n 's/.*"digest":"sha256:\([0-9a-f]*\)".*/sha256-\1/p' "$dir/base.json" 2>/dev/null)
  number=0
  for one in $(ls -1t "$dir/releases" | grep '^sha256-[0-9a-f]*$'); do
    number=$((number + 1))
    [ $number -gt "$keep" ] || continue
    [ "$one" = "$now_linked" ] || [ "$one" = "$base_named" ] || rm -rf "${dir:?}/releases/$one"
  done
  for one in "$dir"/staging/*.*; do
    name=${one##*/}
    case $name in
      "$claim".damaged | "$claim".out) rm -rf "$one" ;;
      ????????????????.????????.*)
        owner=$(printf %.25s "$name")
        case $owner in *[!0-9.]*) continue ;; esac
        ! lower "$owner" "$claim" || rm -rf "$one"
        ;;
    esac
  done
}
