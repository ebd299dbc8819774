/** Generated parts of a hand-written page: what lies between `<!-- generated: name -->` and `<!-- /generated -->`. */

const part = /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- \/generated -->)/g;

/** The page with every generated part rendered anew. A part nobody renders, or one that has no place, is an error. */
export function fillMarkers(page: string, sections: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(sections));
  const filled = page.replaceAll(part, (_whole, open: string, name: string, close: string) => {
    const section = Object.hasOwn(sections, name) ? sections[name] : undefined;
    if (section === undefined) throw new Error(`nothing renders <!-- generated: ${name} -->`);
    missing.delete(name);
    return `${open}\n${section.trim()}\n\n${close}`;
  });
  if (missing.size > 0) throw new Error(`the page has no <!-- generated: ${[...missing].join(', ')} -->`);
  return filled;
}
