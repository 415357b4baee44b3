package dev.javf.daemon.service;

import java.util.List;

/** All metrics of javf, in the order of the reference. */
final class MetricFamilies {
    /** Every one. */
    static final List<MetricFamily> ALL = all();

    private MetricFamilies() {}

    private static List<MetricFamily> all() {
        final FamilyList list = new FamilyList();
        TrafficFamilies.addTo(list);
        StateFamilies.addTo(list);
        MailboxFamilies.addTo(list);
        PortFamilies.addTo(list);
        ProcessFamilies.addTo(list);
        return list.all();
    }
}
