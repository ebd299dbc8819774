/** stdin of a command (contract 2.2). The legacy route sends none; then only commands that need no controller work. */
import * as z from 'zod/mini';

const schema = z.object({
  plugin: z.optional(z.string()),
  command: z.optional(z.string()),
  controller_url: z.optional(z.string()),
  plugin_dir: z.optional(z.string()),
  node_name: z.optional(z.string()),
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
