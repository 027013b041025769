#!/usr/bin/env node
/** `gray`: parse, one call into the library, render. */
import { processIo } from './io.ts';
import { runCli } from './run.ts';

process.exitCode = await runCli(process.argv.slice(2), processIo());
