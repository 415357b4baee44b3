/**
 * Linux, as javf needs it. The only module that calls native code: start Java with {@code
 * --enable-native-access=dev.javf.linux}.
 */
module dev.javf.linux {
    requires static transitive org.jspecify;
    requires org.agrona;

    exports dev.javf.linux;
    exports dev.javf.linux.libc;
    exports dev.javf.linux.net;
    exports dev.javf.linux.pci;
    exports dev.javf.linux.vfio;
    exports dev.javf.linux.virtio;
}
