#!/usr/bin/env node
/** The front door: `comic-queue <command>`. */

import { keepCompiledCode } from './compile-cache.js';
import { runProgram } from './program.js';
import { Terminal } from './terminal.js';

keepCompiledCode(process.env);
const terminal = new Terminal(process.stdout, process.stderr, process.env);
const exitCode = await runProgram(process.argv.slice(2), terminal);
await terminal.flush();
process.exit(exitCode);
