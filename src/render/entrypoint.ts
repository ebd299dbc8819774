/**
 * The pod's entrypoint: its parts under templates/usr/local/bin/voodu-postgres-entrypoint/, joined in name order.
 * The parts have no holes; everything a pod must know reaches it through its environment.
 */
import grant from '../../templates/pod/grant-replication.sh.hbs';
import pod from '../../templates/usr/local/bin/voodu-postgres-entrypoint/00-pod.sh.hbs';
import record from '../../templates/usr/local/bin/voodu-postgres-entrypoint/10-record.sh.hbs';
import volume from '../../templates/usr/local/bin/voodu-postgres-entrypoint/20-volume.sh.hbs';
import peers from '../../templates/usr/local/bin/voodu-postgres-entrypoint/30-peers.sh.hbs';
import room from '../../templates/usr/local/bin/voodu-postgres-entrypoint/35-room.sh.hbs';
import fill from '../../templates/usr/local/bin/voodu-postgres-entrypoint/40-fill.sh.hbs';
import server from '../../templates/usr/local/bin/voodu-postgres-entrypoint/50-server.sh.hbs';
import decide from '../../templates/usr/local/bin/voodu-postgres-entrypoint/60-decide.sh.hbs';
import rejoin from '../../templates/usr/local/bin/voodu-postgres-entrypoint/70-rejoin.sh.hbs';
import restore from '../../templates/usr/local/bin/voodu-postgres-entrypoint/75-restore.sh.hbs';
import main from '../../templates/usr/local/bin/voodu-postgres-entrypoint/90-main.sh.hbs';

const parts = [pod, record, volume, peers, room, grant, fill, server, decide, rejoin, restore, main];

export function renderEntrypoint(): string {
  return parts.map(part => part({})).join('');
}
