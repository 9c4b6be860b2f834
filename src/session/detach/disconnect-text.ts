/** What SystemTap says on standard error when a module goes on without this process. */
export function disconnectText(moduleName: string): string {
  return `\nDisconnecting from systemtap module.\nTo reconnect, type "staprun -A ${moduleName}"\n`;
}
