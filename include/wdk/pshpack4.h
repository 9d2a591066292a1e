/*
 * pshpack4.h - structures from here to poppack.h are packed to 4 bytes.
 */
#pragma pack(push, 4)
