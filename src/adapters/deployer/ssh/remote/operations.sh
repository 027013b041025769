# Last part: the operations, and which one is asked for.

make_folders() {
  mkdir -p "$dir/releases" "$dir/staging" "$dir/claims" "$dir/sessions" || fail "$dir cannot be used"
  for one in releases staging claims sessions; do [ -w "$dir/$one" ] || fail "$dir/$one is not writable for $(id -un)"; done
}

# A full disk spoils every build, and says little of this one.
spoilt() {
  [ "$(room)" -gt 1024 ] || fail "the disk of $dir is full: $(room) KB are free"
  refuse build "$1"
}

take_archive() {
  cat >"$folder/archive" || fail "the build cannot be written: $(room) KB are free"
  found=$(sha256sum <"$folder/archive")
  [ "${found%% *}" = "$digest" ] || refuse build "what arrived has digest sha256:${found%% *}, not sha256:$digest"
  tar -xof "$folder/archive" -C "$folder/files" || spoilt "it cannot be unpacked"
  rm -f "$folder/archive"
}

# A manifest, whose digest is the build's, and the files that it lists.
take_tree() {
  tar -xof - -C "$folder" || spoilt "it cannot be unpacked"
  found=$(sha256sum <"$folder/manifest")
  [ "${found%% *}" = "$digest" ] || refuse build "what arrived has digest sha256:${found%% *}, not sha256:$digest"
  # A manifest ends without a line break.
  echo >>"$folder/manifest"
  sed -n \
    -e 's/^\["file","\([-x]\)","sha256:[0-9a-f]*","\(.*\)"\]$/\1 \2/p' \
    -e 's/^\["link","\(.*\)","\(.*\)"\]$/l \2 \1/p' "$folder/manifest" | sort >"$folder/listing"
  [ "$(listing_of "$folder/files")" = "$(cat "$folder/listing")" ] || spoilt "its files are not those of its manifest"
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
  printf '%s\n' "$kept" >"$folder/kept.json" && intact "$folder" || spoilt "it is not whole on the server"
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
