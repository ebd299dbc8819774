/** Where the commands find the house's formatting. */
export { formatBytes, formatSeconds } from '../format.ts';
