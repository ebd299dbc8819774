/**
 * Linked apps get the URLs that are true now: after a promotion, and after a rotation of the password. A variable that has
 * been pointed elsewhere since, at a pooler or another cluster, is left as it is.
 */
import type { Io } from '../io.ts';
import type { ConfigSet } from '../protocol/manifest.ts';
import { appUrls } from './app-role.ts';
import type { Cluster } from './cluster.ts';
import { pointsAt, type Urls } from './connection-url.ts';
import { parseConsumers, updateConsumer, withFoundReads } from './consumers.ts';

export async function refreshConsumers(
  io: Io,
  cluster: Cluster,
  urls: Urls,
  { skipRestart = false } = {},
): Promise<ConfigSet[]> {
  const updates = await Promise.all(
    parseConsumers(cluster.bucket).map(async consumer => {
      const current = await io.controller.bucket(consumer.ref.scope, consumer.ref.name, { own: true });
      const mayReplace = (url: string) => pointsAt(cluster, url);
      const link = withFoundReads(consumer, current, mayReplace);
      const own = link.app ? appUrls(cluster) : urls;
      return own && updateConsumer(link, own, current, { skipRestart, mayReplace });
    }),
  );
  return updates.filter(update => update !== undefined);
}
