"""Moves anything that a URL can reach into Alibaba Cloud OSS, and proves that it arrived.

A map, from what is asked to how it is done. To read one transfer, begin at ``coordinator``; to read
how a byte travels, at ``stream``.

an event is read      events: envelopes, request (fields), oss_event, http_event, names -> jobs
and answered          answer: batch, sweep, handover, logged; fault, reply
a transfer            coordinator: origin, expectations, expiry, object_headers -> transfer
  split               plan (model), by_parts: copiers, fanout, pool; checkpoint: record, leftovers
  in one pass         one_pass: front_to_back
  by OSS itself       inside_oss
the copy path         child (copy_job): board, stream: body, reader, judge, upload; wire, netguard
this function, called invoker: fc2_client, fc3_client, fc_session, fc_reply
OSS, by oss2          bucket: multipart, signing, oss_error, tls_adapter
the depot             depot: depot_folder, download, unpack, side_by_side
for all               cloud, context, settings; errors, retry, stop, under_way, log; urls, crc64,
                      byte_range
"""
