/** The SystemTap whose behaviour this program follows; what --compatible and `%( systemtap_v` compare with. */
export const SYSTEMTAP_VERSION = '5.6';
