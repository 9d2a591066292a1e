/*
 * pshpack1.h - structures from here to poppack.h are packed to 1 byte.
 */
#pragma pack(push, 1)
