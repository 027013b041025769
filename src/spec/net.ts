/** Addresses and URLs. */
import { isIP, isIPv4 } from 'node:net';
import type { Address } from '../domain/server.ts';
import { expects, text } from './scalars.ts';

const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** IPv6 hosts come out without their brackets. */
export function address() {
  const what = '"host:port" with a host name, an IPv4 address or an IPv6 address in brackets, such as "10.0.0.11:8080"';
  return text(what, /^\S+:\d{1,5}$/)
    .refine((value) => parseAddress(value) !== null, { error: expects(what) })
    .transform((value): Address => parseAddress(value) ?? { host: '', port: 0 });
}

export function parseAddress(value: string): Address | null {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:[\]]+)):(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  if (!(port >= 1 && port <= 65_535)) return null;
  if (bracketed !== undefined) return isIP(bracketed) === 6 ? { host: shortestIpv6(bracketed), port } : null;
  return plain !== undefined && isHost(plain) ? { host: plain.toLowerCase(), port } : null;
}

/** 10.0.0.300 is no host name either. */
const isHost = (value: string): boolean => (/^[\d.]+$/.test(value) ? isIPv4(value) : hostName.test(value));

const shortestIpv6 = (value: string): string => {
  const url = URL.canParse(`http://[${value}]`) ? new URL(`http://[${value}]`).hostname : `[${value}]`;
  return url.slice(1, -1);
};

/** `http(s)://host[:port][/path]`, without a slash at the end. */
export function baseUrl(of: string) {
  const what = `${of}: an http:// or https:// URL without user, password, query or fragment`;
  return text(what, /^https?:\/\/\S{1,2000}$/)
    .refine(isBaseUrl, { error: expects(what) })
    .transform((value) => value.replace(/\/+$/, ''));
}

export function isBaseUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  return `${url.username}${url.password}${url.search}${url.hash}` === '' && !value.includes('@');
}

export function isLoopback(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { hostname } = new URL(value);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

export const isUrl = (text: string): boolean => /^https?:\/\//i.test(text);
