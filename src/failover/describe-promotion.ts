/** A promotion in words: before it, and after. */
import { type Cluster, livePrimary, titleOf } from '../cluster/cluster.ts';
import { parseConsumers } from '../cluster/consumers.ts';
import { formatRef } from '../cluster/names.ts';
import { formatLoss } from './loss.ts';
import type { PromotionPlan } from './plan-promotion.ts';
import type { Promotion } from './run-promotion.ts';
import type { Settled } from './settle.ts';

export function describePlan(cluster: Cluster, plan: PromotionPlan): string {
  const { from, target, mode } = plan;
  const others = cluster.pods.filter(pod => pod.ordinal !== target.ordinal).map(pod => pod.ordinal);
  const apps = parseConsumers(cluster.bucket).map(consumer => formatRef(consumer.ref));
  const steps = [
    ...(mode === 'planned'
      ? [
          `checkpoint and stop ordinal ${from!.ordinal} cleanly`,
          `prove that ordinal ${target.ordinal} has everything, or start ordinal ${from!.ordinal} again`,
        ]
      : [
          from === undefined
            ? 'no old primary is known: nothing to fence'
            : `kill ${from.name} and see it stay dead`,
        ]),
    `record ordinal ${target.ordinal} as the only one that may write (epoch ${(cluster.epoch?.epoch ?? 0) + 1})`,
    target.answer
      ? `pg_promote on ordinal ${target.ordinal}`
      : `ordinal ${target.ordinal} starts its server and writes`,
    `ordinals ${others.join(', ')} follow it`,
    ...(apps.length === 0 ? [] : [`new URLs for ${apps.join(', ')}`]),
  ];
  return [
    `${titleOf(cluster)}: promoting ordinal ${target.ordinal} (${mode}); nothing was changed`,
    'checked:',
    ...plan.checks.map(check => `  ${check}`),
    'would do:',
    ...steps.map((line, index) => `  ${index + 1}. ${line}`),
    `may lose: ${formatLoss(plan.loss)}`,
  ].join('\n');
}

export function describeDone(
  wanted: { readonly replica: number; readonly noRestart: boolean },
  plan: PromotionPlan | undefined,
  promotion: Promotion,
  { cluster, streaming, notStreaming }: Settled,
): string {
  const ref = formatRef(cluster.ref);
  const timeline = livePrimary(cluster)?.answer?.timeline ?? promotion.timeline;
  const held = wanted.noRestart && plan?.from ? plan.from.ordinal : undefined;
  return [
    `${titleOf(cluster)}: ordinal ${wanted.replica} is the primary, on timeline ${timeline}`,
    ...(promotion.gapMs === undefined ? [] : [`writes paused for ${(promotion.gapMs / 1000).toFixed(1)} s`]),
    ...(plan === undefined || plan.loss.kind === 'none'
      ? []
      : [
          `${plan.mode === 'forced' ? 'forced' : 'not proven'}: it may lack ${formatLoss(plan.loss)}; the event is in the record of epoch ${cluster.epoch?.epoch}`,
        ]),
    ...(streaming.length === 0 ? [] : [`streaming from it: ${streaming.join(', ')}`]),
    ...notStreaming.map(
      ordinal =>
        `ordinal ${ordinal} does not stream yet: vd pg:info ${ref}, then vd pg:rejoin ${ref} --replica ${ordinal}`,
    ),
    ...(held === undefined
      ? []
      : [
          `--no-restart: ordinal ${held} is stopped; make it a standby with vd pg:rejoin ${ref} --replica ${held}`,
        ]),
  ].join('\n');
}
