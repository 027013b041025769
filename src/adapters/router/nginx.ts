/** nginx in two modes: with the Lua module, which changes without a reload, and as it comes. */
import type { NginxRouterSpec } from '../../domain/spec.ts';
import type { Finding } from '../finding.ts';
import { nginxLuaDoctor } from './nginx/doctor.ts';
import { nginxLuaRouter } from './nginx/lua.ts';
import { nginxReloadDoctor } from './nginx/reload/doctor.ts';
import { nginxReloadRouter } from './nginx/reload/reload.ts';
import type { Router, RouterContext } from './port.ts';

export { nginxConfig } from './nginx/config.ts';
export { nginxLuaDoctor } from './nginx/doctor.ts';
export { nginxLuaAbilities, nginxLuaRouter } from './nginx/lua.ts';
export { nginxReloadConfig } from './nginx/reload/config.ts';
export { nginxReloadDoctor } from './nginx/reload/doctor.ts';
export { nginxReloadAbilities, nginxReloadRouter } from './nginx/reload/reload.ts';

export const nginxRouter = (spec: NginxRouterSpec, context: RouterContext): Router =>
  spec.mode === 'reload' ? nginxReloadRouter(spec, context) : nginxLuaRouter(spec, context);

export const nginxDoctor = (spec: NginxRouterSpec, context: RouterContext): Promise<Finding[]> =>
  spec.mode === 'reload' ? nginxReloadDoctor(spec, context) : nginxLuaDoctor(spec, context);
