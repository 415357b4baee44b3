/**
 * PCI functions: as a driver sees them, as a device model serves them, and the doors between the
 * two.
 */
module dev.javf.vfio {
    requires static org.jspecify;
    requires transitive dev.javf.linux;

    exports dev.javf.vfio;
    exports dev.javf.vfio.kernel;
    exports dev.javf.vfio.user;
}
