/** A virtual machine's network card: a virtio-net device, and the door that shows it to a guest. */
module dev.javf.virtio {
    requires static org.jspecify;
    requires transitive dev.javf.vfio;
    requires transitive dev.javf.packet;

    exports dev.javf.virtio;
    exports dev.javf.virtio.net;
    exports dev.javf.virtio.pci;
    exports dev.javf.virtio.queue;
    exports dev.javf.virtio.vhost;
}
