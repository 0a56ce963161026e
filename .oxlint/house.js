/**
 * The house rules that no ready-made rule holds: which room may import which (static, dynamic and
 * type-only imports alike), and where a file may lie. The table is the options in .oxlintrc.json.
 *
 * Why our own: dependency-cruiser 17 reads TypeScript below 7 only, and `no-restricted-imports`
 * does not see `import()`, with which commands load their rooms.
 */

import { dirname, relative, resolve, sep } from 'node:path';

/** The most specific entry of the table that a file lies in: `shared/base/wait.ts` → `shared/base`. */
function placeOf(file, table) {
  return Object.keys(table)
    .filter((place) => file.startsWith(`${place}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

const rooms = {
  meta: { schema: [{ type: 'object', additionalProperties: { type: 'array' } }] },
  create(context) {
    const [table] = context.options;
    const from = relative(context.cwd, context.filename).split(sep).join('/');
    const home = placeOf(from, table);

    function check(source) {
      if (home === undefined || typeof source?.value !== 'string') return;
      if (!source.value.startsWith('.')) return;
      const path = resolve(dirname(context.filename), source.value);
      const target = placeOf(relative(context.cwd, path).split(sep).join('/'), table);
      if (target === home || table[home].some((allowed) => isWithin(target, allowed))) return;
      const to = target ?? 'a file outside the rooms';
      const message = `${home} must not import ${to}: it may import ${table[home].join(', ') || 'nothing of ours'}.`;
      context.report({ node: source, message });
    }

    return {
      Program(node) {
        if (home !== undefined) return;
        const message = `${from} lies in no room of the table in .oxlintrc.json.`;
        context.report({ node, message });
      },
      ImportDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source ?? node.argument?.literal ?? node.argument),
    };
  },
};

function isWithin(place, allowed) {
  return place !== undefined && (place === allowed || place.startsWith(`${allowed}/`));
}

export default { meta: { name: 'house' }, rules: { rooms } };
