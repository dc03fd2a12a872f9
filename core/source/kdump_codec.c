/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One page out of its compressed bytes. Which codec it is, the page's own flags say; the header's are a wish. */
#include "source/kdump_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "source/snappy.h"

/* crash's diskdump.h: DUMP_DH_COMPRESSED_... */
enum {
	CODEC_NONE = 0,
	CODEC_ZLIB = 0x1,
	CODEC_LZO = 0x2,
	CODEC_SNAPPY = 0x4,
	CODEC_ZSTD = 0x20,
};

bool ksm_kdump_descriptor_is_sound(const struct kdump_descriptor *descriptor,
				   unsigned int page_size)
{
	/* A page that does not shrink is stored as it is. */
	return descriptor->size && descriptor->size <= page_size &&
	       descriptor->offset <= (uint64_t)INT64_MAX - page_size &&
	       (descriptor->flags || descriptor->size == page_size);
}

int ksm_kdump_descriptor_error(const struct kdump_descriptor *descriptor, uint64_t number,
			       struct ksm_error *err)
{
	return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
			     "is damaged: page descriptor %" PRIu64
			     " makes no sense (offset %" PRIu64 ", size %" PRIu32
			     ", flags 0x%" PRIx32 ")",
			     number, descriptor->offset, descriptor->size, descriptor->flags);
}

/* 0, -ENOMEM, or -EBADMSG. */
static int unpack_zlib(struct kdump_codec *codec, const unsigned char *in, size_t size,
		       unsigned char *out, size_t page_size)
{
	int ret;

	if (!codec->zlib) {
		z_stream *zlib = calloc(1, sizeof(*zlib));

		if (!zlib || inflateInit(zlib) != Z_OK) {
			free(zlib);
			return -ENOMEM;
		}
		codec->zlib = zlib;
	} else if (inflateReset(codec->zlib) != Z_OK) {
		return -EBADMSG;
	}
	codec->zlib->next_in = (unsigned char *)in;
	codec->zlib->avail_in = (unsigned int)size;
	codec->zlib->next_out = out;
	codec->zlib->avail_out = (unsigned int)page_size;
	ret = inflate(codec->zlib, Z_FINISH);
	if (ret == Z_MEM_ERROR)
		return -ENOMEM;
	return ret == Z_STREAM_END && codec->zlib->avail_out == 0 ? 0 : -EBADMSG;
}

static int unpack_lzo(const unsigned char *in, size_t size, unsigned char *out, size_t page_size)
{
	lzo_uint len = page_size;

	if (lzo1x_decompress_safe(in, size, out, &len, NULL) != LZO_E_OK || len != page_size)
		return -EBADMSG;
	return 0;
}

static int unpack_zstd(struct kdump_codec *codec, const unsigned char *in, size_t size,
		       unsigned char *out, size_t page_size)
{
	if (!codec->zstd)
		codec->zstd = ZSTD_createDCtx();
	if (!codec->zstd)
		return -ENOMEM;
	return ZSTD_decompressDCtx(codec->zstd, out, page_size, in, size) == page_size ? 0
										       : -EBADMSG;
}

void ksm_kdump_codec_free(struct kdump_codec *codec)
{
	if (codec->zlib)
		inflateEnd(codec->zlib);
	free(codec->zlib);
	ZSTD_freeDCtx(codec->zstd);
	*codec = (struct kdump_codec){0};
}

int ksm_kdump_unpack(struct kdump_codec *codec, const struct kdump_descriptor *descriptor,
		     const unsigned char *in, unsigned int page_size, unsigned char *out,
		     struct ksm_error *err)
{
	const char *name = "zlib";
	int ret;

	switch (descriptor->flags) {
	case CODEC_NONE:
		memcpy(out, in, page_size);
		return 0;
	case CODEC_ZLIB:
		ret = unpack_zlib(codec, in, descriptor->size, out, page_size);
		break;
	case CODEC_LZO:
		name = "lzo";
		ret = unpack_lzo(in, descriptor->size, out, page_size);
		break;
	case CODEC_SNAPPY:
		name = "snappy";
		ret = ksm_snappy_unpack(in, descriptor->size, out, page_size, err);
		if (ret == -ENOENT)
			return ret;
		break;
	case CODEC_ZSTD:
		name = "zstd";
		ret = unpack_zstd(codec, in, descriptor->size, out, page_size);
		break;
	default:
		return ksm_error_set(
			err, KSM_ERR_FORMAT, EBADMSG,
			"the page at byte %" PRIu64
			" of the dump is compressed in an unknown way (flags 0x%" PRIx32 ")",
			descriptor->offset, descriptor->flags);
	}
	if (ret == -ENOMEM)
		return ksm_error_no_memory(err);
	if (ret)
		return ksm_error_set(err, KSM_ERR_FORMAT, EBADMSG,
				     "the page at byte %" PRIu64
				     " of the dump is damaged: its %s data do not unpack to a page",
				     descriptor->offset, name);
	return 0;
}
