/* A shared object without DriverEntry. */
int AnotherFunction(void);
int AnotherFunction(void)
{
    return 1;
}
