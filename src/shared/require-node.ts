/**
 * The first import of every entry point. The native SQLite driver ends older Nodes without a word, so this has to
 * speak before that is loaded; hence it imports nothing.
 */
export const requiredNode = '22.18';

const code = 'TASKER_RUNTIME_NODE_TOO_OLD';

/** What to tell somebody whose Node is too old; null when it is not. */
export function nodeComplaint(found: string): string | null {
  const [major = 0, minor = 0] = found.split('.').map(Number);
  const [requiredMajor = 0, requiredMinor = 0] = requiredNode.split('.').map(Number);
  if (major > requiredMajor || (major === requiredMajor && minor >= requiredMinor)) return null;
  return `${code}: tasker needs Node.js ${requiredNode} or newer and runs on ${found}. Install a newer one, or in a checkout use the npm scripts, which bring their own.`;
}

const complaint = nodeComplaint(process.versions.node);
// A plain error under the code that TaskerError would have: its class is an import too many.
if (complaint !== null) throw Object.assign(new Error(complaint), { code });
