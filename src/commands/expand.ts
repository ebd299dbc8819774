import { command } from '../cli/command.ts';
import { asText } from '../cli/params.ts';
import { expand } from '../expand/expand.ts';
import { parseExpandRequest } from '../protocol/expand-request.ts';
import { previewFile } from './expand-preview.ts';
import { outputFormat } from './shared-params.ts';

export const expandCommand = command({
  name: 'expand',
  summary: 'Turn a postgres block into manifests (the controller calls this); -f previews a file',
  params: {
    file: {
      type: 'flag',
      short: 'f',
      metavar: '<file>',
      doc: 'an HCL file to preview instead of a request on stdin',
      parse: asText,
    },
    bucket: {
      type: 'flag',
      metavar: '<bucket.json>',
      doc: 'config bucket of the previewed clusters: {"KEY": "value"}',
      parse: asText,
    },
    output: outputFormat,
  },
  details: `
Without -f: one request as JSON on stdin, one envelope as JSON on stdout, as the controller wants it.
With -f: every postgres block of the file, as the controller's own parser would hand it over, and what it becomes.
Nothing is applied and nothing is asked of a controller or of docker. Use it in a clone of the repository, as bin/voodu-postgres
or make expand: through vd it runs on the host in the plugin's directory, where only an absolute path of the host is found.`,
  examples: [
    { line: 'voodu-postgres expand -f voodu.hcl', does: 'what would my file become?' },
    {
      line: 'voodu-postgres expand -f voodu.hcl --bucket bucket.json -o json',
      does: 'the same as JSON, on a second apply',
    },
  ],
  run: async (context, { file, bucket, output }) => {
    const around = {
      root: context.root,
      randomHex: context.io.host.randomHex,
      httpAddress: context.io.host.environment()['VOODU_HTTP_ADDR'],
    };
    if (file !== undefined) return previewFile(context, around, { file, bucket, json: output === 'json' });
    return { type: 'expand', data: expand(parseExpandRequest(await context.stdin()), around) };
  },
});
