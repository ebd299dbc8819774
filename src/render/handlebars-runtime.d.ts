/** The runtime half of Handlebars; its package types only the whole. */
declare module 'handlebars/runtime.js' {
  import type Handlebars from 'handlebars';

  const runtime: Pick<typeof Handlebars, 'create' | 'template' | 'registerHelper'>;
  export default runtime;
}
