/**
 * Who is linked. One key has the refs, as older plugins write and read them: `my-app/web,my-app/api`. Another has, for the
 * refs with more than a plain `DATABASE_URL`, all of their links: `my-app/api?reads,my-app/api?alias=REPORTS&app`.
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
  /** Logs in as the role without superuser rights. */
  readonly app: boolean;
}

export const defaultAlias = 'DATABASE';

export const writerVariable = (consumer: Consumer): string => `${consumer.alias}_URL`;
export const readerVariable = (consumer: Consumer): string => `${consumer.alias}_READ_URL`;

export function parseConsumers(bucket: Bucket): Consumer[] {
  const refs = words(bucketValue(bucket, 'linkedConsumers'));
  const links = words(bucketValue(bucket, 'linkOptions')).map(word => word.split('?'));
  return [...new Set(refs)].flatMap(ref => {
    const [scope, name] = ref.split('/');
    if (!scope || !name) return [];
    const own = links.filter(([linked]) => linked === ref).map(([, options = '']) => options);
    return (own.length === 0 ? [''] : own).map(options => parseLink({ scope, name }, options));
  });
}

const words = (list = ''): string[] =>
  list
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '');

function parseLink(ref: ClusterRef, options: string): Consumer {
  const flags = new Map(
    options.split('&').map(option => [option.split('=')[0]!, option.split('=')[1] ?? '']),
  );
  return {
    ref,
    alias: flags.get('alias') || defaultAlias,
    reads: flags.has('reads'),
    app: flags.has('app'),
  };
}

/** The bucket's keys for these links; an empty value deletes its key. */
export function recordedConsumers(consumers: readonly Consumer[]): {
  POSTGRES_LINKED_CONSUMERS: string;
  POSTGRES_LINK_OPTIONS: string;
} {
  const isPlain = (consumer: Consumer) => formatOptions(consumer) === '';
  const others = consumers.filter(consumer => !isPlain(consumer)).map(({ ref }) => formatRef(ref));
  const listed = consumers.filter(({ ref }) => others.includes(formatRef(ref)));
  return {
    POSTGRES_LINKED_CONSUMERS: [...new Set(consumers.map(({ ref }) => formatRef(ref)))].join(','),
    POSTGRES_LINK_OPTIONS: listed.map(formatConsumer).join(','),
  };
}

function formatConsumer(consumer: Consumer): string {
  const options = formatOptions(consumer);
  return `${formatRef(consumer.ref)}${options === '' ? '' : `?${options}`}`;
}

const formatOptions = ({ alias, reads, app }: Consumer): string =>
  [
    ...(alias === defaultAlias ? [] : [`alias=${alias}`]),
    ...(reads ? ['reads'] : []),
    ...(app ? ['app'] : []),
  ].join('&');

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

export interface UpdateOptions {
  readonly skipRestart?: boolean;
  /** Whether a URL that is there is ours to replace. */
  readonly mayReplace?: (url: string) => boolean;
}

/** What must change in a consumer's bucket; undefined where everything is as it should be (then nobody restarts). */
export function updateConsumer(
  consumer: Consumer,
  urls: Urls,
  current: Bucket,
  { skipRestart = false, mayReplace = () => true }: UpdateOptions = {},
): ConfigSet | undefined {
  const wanted = Object.entries(consumerVariables(consumer, urls)).filter(
    ([key, value]) => current[key] !== value && (!current[key] || mayReplace(current[key])),
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
