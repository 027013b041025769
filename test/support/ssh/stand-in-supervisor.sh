#!/bin/sh
# Stands in for systemd where it does not run: one service per folder, as a unit with WorkingDirectory=DIR/current/files and
# EnvironmentFile=DIR/current/env would run it. A process that ends stays ended, as with Restart=no.
#   stand-in-supervisor.sh restart DIR COMMAND…      stand-in-supervisor.sh pid|log|stop DIR
set -u
verb=$1
dir=$2
shift 2
pid=$(cat "$dir/service.pid" 2>/dev/null)

alive() { [ -n "$pid" ] && grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$pid/status" 2>/dev/null; }

stop() {
  alive || return
  kill -TERM "$pid"
  tries=0
  while alive && [ $tries -lt 40 ]; do
    sleep 0.02
    tries=$((tries + 1))
  done
  while alive; do
    kill -KILL "$pid"
    sleep 0.02
  done
}

case $verb in
  restart)
    stop
    set -a
    . "$dir/current/env"
    GRAY_SERVER_HOME=$dir
    cd "$dir/current/files" || exit
    echo "=== start $GRAY_VERSION" >>"$dir/server.log"
    setsid "$@" </dev/null >>"$dir/server.log" 2>&1 &
    echo $! >"$dir/service.pid"
    ;;
  stop) stop ;;
  pid) ! alive || echo "$pid" ;;
  log) tail -n 10 "$dir/server.log" ;;
esac
