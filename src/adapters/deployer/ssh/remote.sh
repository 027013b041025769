# The far side of the ssh deployer: POSIX sh, sent with every call (remote.ts), never left on the server.
#
# Standard input has the operation, the server's folder and the operation's arguments, one a line and never quoted or
# evaluated. Answers are lines that begin with `#gray `; whatever else a login prints is ignored. Exit status 3: refused.
#
# Who may change a server: a claim is an empty file named by fence and turn; the highest owns the server. A session says
# which claim it acts for (a file in sessions/) before it looks at the claims. A newer owner first adds its claim, then kills
# every older session, then acts, under a lock that the kernel gives back only when the last of an older session is gone.
set -u
LC_ALL=C
export LC_ALL
# The link may break at any time; what was begun is finished all the same.
trap '' HUP PIPE

say() { printf '#gray %s\n' "$*" || :; }
refuse() {
  say "$@"
  exit 3
}
fail() { refuse failed "$@"; }
arg() { IFS= read -r "$1" || exit 64; }

# ---- processes: an id and its start time in clock ticks

fields_of() {
  stat=$(cat "$1" 2>/dev/null) || return 1
  set -- ${stat##*) }
  case $1 in Z | X) return 1 ;; esac
  printf %s "${20}"
}
start_of() { fields_of "/proc/$1/stat"; }
# Of a process that was started for this.
now() { fields_of /proc/self/stat; }
boot() { cat /proc/sys/kernel/random/boot_id; }

# ---- claims and sessions

highest() {
  top=0000000000000000.00000000
  for one in "$dir"/claims/*; do
    case ${one##*/} in
      *[!0-9.]*) ;;
      ????????????????.????????) top=${one##*/} ;;
    esac
  done
}

lower() {
  [ "${1%.*}" -lt "${2%.*}" ] && return
  [ "${1%.*}" -eq "${2%.*}" ] && [ "${1#*.}" -lt "${2#*.}" ]
}

leave_unless_owner() {
  highest
  [ "$top" = "$claim" ] || refuse owner "$top"
}

register() {
  me=$dir/sessions/$claim.$$.$(start_of $$)
  : >"$me" || fail "$dir cannot be written"
  trap 'rm -f "$me"' EXIT
  leave_unless_owner
}

add_claim() {
  while :; do
    highest
    [ "$fence" -ge "${top%.*}" ] || refuse owner "$top"
    turn=1
    [ "$fence" -gt "${top%.*}" ] || turn=$((1${top#*.} - 100000000 + 1))
    claim=$fence.$(printf %08d "$turn")
    (set -C && : >"$dir/claims/$claim") 2>/dev/null && break
    [ -e "$dir/claims/$claim" ] || fail "$dir/claims cannot be written: $(room) KB are free"
  done
  leave_unless_owner
  for one in "$dir"/claims/*; do
    [ "${one##*/}" = "$claim" ] && break
    rm -f "$one"
  done
}

end_older_sessions() {
  tries=0
  while [ $tries -lt 100 ]; do
    left=no
    for one in "$dir"/sessions/*.*.*.*; do
      name=${one##*/}
      owner=${name%.*.*}
      case $owner in *[!0-9.]*) continue ;; esac
      lower "$owner" "$claim" || continue
      rest=${name#"$owner".}
      if [ "$(start_of "${rest%.*}")" = "${rest#*.}" ]; then
        left=yes
        # sshd gives every session a process group of its own.
        kill -KILL "-${rest%.*}" 2>/dev/null || kill -KILL "${rest%.*}" 2>/dev/null
      else
        rm -f "$one"
      fi
    done
    [ $left = no ] && return
    tries=$((tries + 1))
    sleep 0.02 2>/dev/null || sleep 1
  done
}

# ---- what is known of a server

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
  start=$(start_of "${pid:-0}") || pid=0
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

# ---- changes, each safe to repeat

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

# ---- operations

make_folders() {
  mkdir -p "$dir/releases" "$dir/staging" "$dir/claims" "$dir/sessions" || fail "$dir cannot be used"
  for one in releases staging claims sessions; do [ -w "$dir/$one" ] || fail "$dir/$one is not writable for $(id -un)"; done
}

take_archive() {
  cat >"$folder/archive" || fail "the build cannot be written: $(room) KB are free"
  found=$(sha256sum <"$folder/archive")
  [ "${found%% *}" = "$digest" ] || refuse build "what arrived has digest sha256:${found%% *}, not sha256:$digest"
  tar -xof "$folder/archive" -C "$folder/files" || refuse build "it cannot be unpacked: $(room) KB are free"
  rm -f "$folder/archive"
}

# A manifest, whose digest is the build's, and the files that it lists.
take_tree() {
  tar -xof - -C "$folder" || refuse build "it cannot be unpacked: $(room) KB are free"
  found=$(sha256sum <"$folder/manifest")
  [ "${found%% *}" = "$digest" ] || refuse build "what arrived has digest sha256:${found%% *}, not sha256:$digest"
  # A manifest ends without a line break.
  echo >>"$folder/manifest"
  sed -n \
    -e 's/^\["file","\([-x]\)","sha256:[0-9a-f]*","\(.*\)"\]$/\1 \2/p' \
    -e 's/^\["link","\(.*\)","\(.*\)"\]$/l \2 \1/p' "$folder/manifest" | sort >"$folder/listing"
  [ "$(listing_of "$folder/files")" = "$(cat "$folder/listing")" ] || refuse build "its files are not those of its manifest"
  sed -n 's/^\["file","[-x]","sha256:\([0-9a-f]*\)","\(.*\)"\]$/\1  \2/p' "$folder/manifest" >"$folder/sums"
}

op_look() {
  arg release
  look "$@"
}

op_claim() {
  arg fence
  arg release
  make_folders
  add_claim
  end_older_sessions
  leave_unless_owner
  look "$@"
  # Not whose claim is the highest by now: what follows is done in the name of this one.
  say "claim $claim"
}

op_stage() {
  arg claim
  arg form
  arg digest
  arg kept
  register
  staged=$claim.$$
  folder=$dir/staging/$staged
  [ ! -e "$folder" ] || rm -rf "$folder"
  trap 'rm -rf "$folder"; rm -f "$me"' EXIT
  mkdir -p "$folder/files" || fail "$folder cannot be made: $(room) KB are free"
  "take_$form"
  if [ "$form" = archive ]; then
    listing_of "$folder/files" >"$folder/listing"
    (cd "$folder/files" && find . -type f -exec sha256sum {} +) >"$folder/sums"
  fi
  printf '%s\n' "$kept" >"$folder/kept.json" && intact "$folder" || refuse build "it is not whole on the server: $(room) KB are free"
  trap 'rm -f "$me"' EXIT
  say "staged $staged"
}

op_switch() {
  arg claim
  arg staged
  arg base
  arg release
  arg current
  arg version
  arg keep
  arg patience
  arg restart_words
  register
  exec 9>>"$dir/lock" || fail "$dir/lock cannot be opened"
  command -v flock >/dev/null || fail "flock is missing on the server (package util-linux)"
  flock -w "$patience" 9 || refuse locked
  if [ -n "$staged" ]; then
    leave_unless_owner
    install_release
    say step installed
  fi
  if [ -n "$base" ]; then
    leave_unless_owner
    write_record base "$base"
    say step base recorded
  fi
  [ -n "$current" ] || return 0
  leave_unless_owner
  [ -n "$staged" ] || intact "$dir/releases/$release" || refuse build "the build kept in $dir/releases/$release is damaged"
  set_current
  say step current set
  leave_unless_owner
  restart "$restart_words" "$@"
  say step restarted
  leave_unless_owner
  prune
  say step pruned
  record current
  shift "$restart_words"
  tell_process "$@"
}

op_process() {
  arg claim
  leave_unless_owner
  tell_process "$@"
}

# The words are a command that only looks; its output is for people or for the version probe.
op_run() {
  told=$("$@" </dev/null 2>&1)
  say "status $?"
  printf %s "$told" | tail -c 20000 | base64 | sed 's/^/#gray output /'
}

op_doctor() {
  for one in base64 comm df find flock ls mv readlink sed sha256sum sort sync tail tar; do
    command -v "$one" >/dev/null || say "missing $one"
  done
  say "user $(id -un)"
  at=$dir
  while [ ! -e "$at" ]; do at=$(dirname "$at"); done
  if [ -d "$at" ] && [ -w "$at" ]; then say "writable $at"; else say "closed $at"; fi
  highest
  say "claim $top"
}

arg operation
arg dir
arg count
set --
while [ "$count" -gt 0 ]; do
  arg word
  set -- "$@" "$word"
  count=$((count - 1))
done
case $operation in
  look | claim | stage | switch | process | run | doctor) "op_$operation" "$@" ;;
  *) fail "unknown operation $operation" ;;
esac
say end
