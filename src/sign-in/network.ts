import ipaddr from 'ipaddr.js';

/** What one person can be expected to hold: an IPv4 address, or the /64 of an IPv6 address. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const ip = ipaddr.process(address);
  return ip instanceof ipaddr.IPv6 ? `${ip.parts.slice(0, 4).map((part) => part.toString(16)).join(':')}::/64` : ip.toString();
}
