/**
 * Who is linked. Kept in the bucket as comma-separated refs, each with its options behind `?`:
 * `my-app/web,my-app/api?reads,my-app/jobs?alias=REPORTS&reads`. A bare ref is what older plugins wrote.
 */
import type { ConfigSet, ConfigUnset } from '../protocol/manifest.ts';
import { type Bucket, bucketValue } from './bucket.ts';
import type { Urls } from './connection-url.ts';
import { type ClusterRef, formatRef } from './names.ts';

export interface Consumer {
  readonly ref: ClusterRef;
  /** `DATABASE` unless the operator chose another: the first word of the variables' names. */
  readonly alias: string;
  readonly reads: boolean;
}

export const defaultAlias = 'DATABASE';

export const writerVariable = (consumer: Consumer): string => `${consumer.alias}_URL`;
export const readerVariable = (consumer: Consumer): string => `${consumer.alias}_READ_URL`;

export function parseConsumers(bucket: Bucket): Consumer[] {
  const recorded = bucketValue(bucket, 'linkedConsumers') ?? '';
  return recorded
    .split(',')
    .map(entry => entry.trim())
    .flatMap(entry => {
      const [ref = '', options = ''] = entry.split('?');
      const [scope, name] = ref.split('/');
      if (!scope || !name) return [];
      const flags = new Map(
        options.split('&').map(option => [option.split('=')[0]!, option.split('=')[1] ?? '']),
      );
      return [{ ref: { scope, name }, alias: flags.get('alias') || defaultAlias, reads: flags.has('reads') }];
    });
}

export function formatConsumers(consumers: readonly Consumer[]): string {
  return consumers.map(formatConsumer).join(',');
}

function formatConsumer({ ref, alias, reads }: Consumer): string {
  const options = [...(alias === defaultAlias ? [] : [`alias=${alias}`]), ...(reads ? ['reads'] : [])];
  return `${formatRef(ref)}${options.length === 0 ? '' : `?${options.join('&')}`}`;
}

export const isSameLink = (a: Consumer, b: Consumer): boolean =>
  a.ref.scope === b.ref.scope && a.ref.name === b.ref.name && a.alias === b.alias;

/**
 * Older plugins recorded no options. A read URL of this cluster in the consumer's bucket says what was asked for.
 */
export function withFoundReads(
  consumer: Consumer,
  current: Bucket,
  isOurs: (url: string) => boolean,
): Consumer {
  return isOurs(current[readerVariable(consumer)] ?? '') ? { ...consumer, reads: true } : consumer;
}

/** The variables a link sets. */
export function consumerVariables(consumer: Consumer, urls: Urls): Record<string, string> {
  return {
    [writerVariable(consumer)]: urls.writer,
    ...(consumer.reads ? { [readerVariable(consumer)]: urls.reader } : {}),
  };
}

/** What must change in a consumer's bucket; undefined where everything is as it should be (then nobody restarts). */
export function updateConsumer(
  consumer: Consumer,
  urls: Urls,
  current: Bucket,
  skipRestart = false,
): ConfigSet | undefined {
  const wanted = Object.entries(consumerVariables(consumer, urls)).filter(
    ([key, value]) => current[key] !== value,
  );
  if (wanted.length === 0) return undefined;
  return {
    type: 'config_set',
    ...consumer.ref,
    kv: Object.fromEntries(wanted),
    ...(skipRestart ? { skip_restart: true } : {}),
    summary: `${formatRef(consumer.ref)}: ${wanted.map(([key]) => key).join(', ')} updated${skipRestart ? ' (not restarted)' : ''}`,
  };
}

export function clearConsumer(
  consumer: Consumer,
  current: Bucket,
  isOurs: (url: string) => boolean,
): ConfigUnset | undefined {
  const keys = [writerVariable(consumer), readerVariable(consumer)].filter(key => isOurs(current[key] ?? ''));
  if (keys.length === 0) return undefined;
  return {
    type: 'config_unset',
    ...consumer.ref,
    keys,
    summary: `${formatRef(consumer.ref)}: ${keys.join(', ')} removed`,
  };
}
