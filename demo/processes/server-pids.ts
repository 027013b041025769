/** The server processes that the process deployer keeps in its folder. */
export async function serverPids(_dir: string): Promise<readonly number[]> {
  return [];
}
