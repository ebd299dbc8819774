/** The README's pictures, drawn by this repository: no tool and no font of a machine has a part in their bytes. */
import type { GeneratedFile } from './generated-files.ts';
import { clusterPicture } from './pictures/cluster.ts';
import { failoverPicture } from './pictures/failover.ts';

export const pictures: readonly GeneratedFile[] = [
  { path: 'docs/cluster.svg', render: clusterPicture },
  { path: 'docs/failover.svg', render: failoverPicture },
];
