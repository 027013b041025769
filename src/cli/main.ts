#!/usr/bin/env node
/** `gray`: parse, one call into the library, render. */
import { exitStatus } from '../domain/errors.ts';
import { processIo } from './io.ts';
import { runCli } from './run.ts';

const status = await runCli(process.argv.slice(2), processIo());
process.exitCode = status;
// What was interrupted may still hold a connection.
if (status === exitStatus.interrupted) process.exit();
