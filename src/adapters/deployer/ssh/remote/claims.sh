# The far side of the ssh deployer, first of three parts: POSIX sh, sent with every call (../script.ts), never left on the server.
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

# A login may have printed a greeting without a line break.
echo

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
