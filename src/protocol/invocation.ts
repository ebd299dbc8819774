/** stdin of a command (contract 2.2). The legacy route sends none; then only commands that need no controller work. */
import * as z from 'zod';

const schema = z.object({
  plugin: z.string().optional(),
  command: z.string().optional(),
  controller_url: z.string().optional(),
  plugin_dir: z.string().optional(),
  node_name: z.string().optional(),
});

export type Invocation = z.infer<typeof schema>;

export function parseInvocation(text: string): Invocation {
  if (text.trim() === '') return {};
  try {
    const parsed = schema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : {};
  } catch {
    return {};
  }
}
