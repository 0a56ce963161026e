/** Our own pages in the theme that was chosen on the board: Bull Board keeps it in this browser. */

const SETTINGS = 'board-settings';

/** Applies it, and follows the system where none was chosen. */
export function followTheme(): void {
  apply();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', apply);
}

function isDark(): boolean {
  const chosen = chosenTheme();
  if (chosen === 'dark' || chosen === 'light') return chosen === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

function chosenTheme(): unknown {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(SETTINGS) ?? '{}');
    const state = fieldOf(stored, 'state');
    return fieldOf(fieldOf(state, 'settings') ?? state, 'theme');
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}

function apply(): void {
  document.documentElement.classList.toggle('dark-mode', isDark());
}
