/**
 * The project's own rules, which no ready-made rule holds. Their limits and the table of layers are the
 * options in .oxlintrc.json; tests/architecture breaks each of them once.
 *
 * Why our own: dependency-cruiser 17 reads TypeScript below 7 only, and `no-restricted-imports`
 * does not see `import()`, with which commands load their layers.
 */

import { dirname, relative, resolve, sep } from 'node:path';

/** Which layer may import which: static, dynamic and type-only imports alike. */
const layers = {
  meta: { schema: [{ type: 'object', additionalProperties: { type: 'array' } }] },
  create(context) {
    const [table] = context.options;
    const from = pathInside(context.cwd, context.filename);
    const home = placeOf(from, table);

    function check(source) {
      if (home === undefined || !source?.value?.startsWith?.('.')) return;
      const path = resolve(dirname(context.filename), source.value);
      const target = pathInside(context.cwd, path);
      const place = placeOf(target, table);
      if (place === home || table[home].some((allowed) => target.startsWith(`${allowed}/`))) return;
      const may = table[home].length > 0 ? table[home].join(', ') : 'nothing of ours';
      const message = `${home} must not import ${place ?? target}: it may import ${may}.`;
      context.report({ node: source, message });
    }

    return {
      Program(node) {
        if (home !== undefined) return;
        const message = `${from} lies in no layer of the table in .oxlintrc.json.`;
        context.report({ node, message });
      },
      ImportDeclaration: (node) => check(node.source),
      ExportAllDeclaration: (node) => check(node.source),
      ExportNamedDeclaration: (node) => check(node.source),
      ImportExpression: (node) => check(node.source),
      TSImportType: (node) => check(node.source),
    };
  },
};

/** A file is named after one noun of the field: the names in the options say nothing. */
const names = {
  meta: { schema: [{ type: 'array', items: { type: 'string' } }] },
  create(context) {
    const [banned] = context.options;
    const path = pathInside(context.cwd, context.filename);
    return {
      Program(node) {
        const word = path.split(/[/.]/).find((part) => banned.includes(part));
        if (word === undefined) return;
        const message = `"${word}" in ${path} says nothing: name it after the noun it holds.`;
        context.report({ node, message });
      },
    };
  },
};

/**
 * `max-lines-per-function` for test files. A callback of `describe` is a chapter, not a function:
 * its length is the file's, which `max-lines` bounds. Everything else keeps to the limit.
 */
const testFunctionLines = {
  meta: { schema: [{ type: 'integer' }] },
  create(context) {
    const [linesMax] = context.options;

    function check(node) {
      const lines = node.loc.end.line - node.loc.start.line + 1;
      if (lines <= linesMax || isChapter(node)) return;
      const message = `This function has ${lines} lines; the limit is ${linesMax}.`;
      context.report({ node, message });
    }

    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

/** Whether a function is handed to `describe`, `describe.each(…)` and the like. */
function isChapter({ parent }) {
  let callee = parent.type === 'CallExpression' ? parent.callee : undefined;
  while (callee !== undefined && callee.type !== 'Identifier') {
    callee = callee.callee ?? callee.object ?? callee.tag;
  }
  return callee?.name === 'describe';
}

/** The most specific entry of the table that a file lies in: `shared/base/wait.ts` → `shared/base`. */
function placeOf(file, table) {
  return Object.keys(table)
    .filter((place) => file.startsWith(`${place}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}

function pathInside(folder, file) {
  return relative(folder, file).split(sep).join('/');
}

export default {
  meta: { name: 'project' },
  rules: { layers, names, 'test-function-lines': testFunctionLines },
};
