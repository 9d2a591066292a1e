/* Declares Value otherwise than conflict.c defines it. */
ULONG Value(ULONG, ULONG);
