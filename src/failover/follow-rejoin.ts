/**
 * Follows a rejoin in the operator's terminal: `sh -c <script> rejoin <container> <since> <report's path in it> <order id>`.
 * The pod's report ends it, not a line of the log, which on an idle standby never comes.
 */
export const followScript = `pod=$1 since=$2 report=$3 id=$4 logs= missing=0
follow() { docker logs --follow --since "$since" "$pod" 2>&1 & logs=$!; }
leave() { kill "$logs" 2>/dev/null; wait "$logs" 2>/dev/null; [ -z "$2" ] || printf '%s\\n' "$2"; exit "$1"; }
trap 'leave 130' INT TERM HUP
follow
while :; do
  sleep 2
  if said=$(docker exec "$pod" cat "$report" 2>/dev/null); then missing=0; else missing=$((missing + 1)); fi
  case $said in
    *"id=$id"*"state=finished"*) leave 0 "$pod has done its work and starts as a standby" ;;
    *"id=$id"*"state=failed"*) leave 1 "$pod could not rejoin: $(printf '%s\\n' "$said" | sed -n 's/^reason=//p')" ;;
  esac
  [ "$missing" -lt 30 ] || leave 1 "$pod does not run, or has no report, since a minute"
  # A log ends with its container; one that was restarted has more to say.
  kill -0 "$logs" 2>/dev/null || { since=$(date -u +%Y-%m-%dT%H:%M:%SZ); follow; }
done`;
