/* GDCM behind dicom_gdcm.h. Runs in the decoders' processes alone: GDCM ends the program where one of its assumptions
 * does not hold, and its codecs are not made for strangers' files. */
#include "config.h"

#include "engine/data/dicom/dicom_gdcm.h"

#include <cstring>
#include <deque>
#include <istream>
#include <set>
#include <streambuf>
#include <string>

#include <gdcmDataSet.h>
#include <gdcmFragment.h>
#include <gdcmImage.h>
#include <gdcmReader.h>
#include <gdcmSequenceOfFragments.h>
#include <gdcmSequenceOfItems.h>
#include <gdcmTrace.h>
#include <gdcmVersion.h>

namespace
{

/* A stream over bytes in memory, without a copy. */
class memory : public std::streambuf
{
  public:
    memory(const uint8_t *bytes, size_t n)
    {
        char *p = const_cast<char *>(reinterpret_cast<const char *>(bytes));
        setg(p, p, p + n);
    }

  protected:
    pos_type seekoff(off_type to, std::ios_base::seekdir from, std::ios_base::openmode) override
    {
        off_type base = from == std::ios_base::beg   ? 0
                        : from == std::ios_base::cur ? gptr() - eback()
                                                     : egptr() - eback();
        off_type at = base + to;
        if (at < 0 || at > egptr() - eback()) return pos_type(off_type(-1));
        setg(eback(), eback() + at, egptr());
        return pos_type(at);
    }
    pos_type seekpos(pos_type to, std::ios_base::openmode which) override
    {
        return seekoff(off_type(to), std::ios_base::beg, which);
    }
};

gdcm::Tag tag_of(uint32_t tag)
{
    return gdcm::Tag(static_cast<uint16_t>(tag >> 16), static_cast<uint16_t>(tag & 0xffff));
}

} // namespace

struct dicom_set {
    const gdcm::DataSet *data;
    struct dicom_file *file;
    gdcm::SmartPointer<gdcm::SequenceOfItems> items; /* keeps an item alive */
};

struct dicom_file {
    memory buffer;
    std::istream stream;
    gdcm::Reader reader;
    std::deque<dicom_set> sets;
    std::string syntax;
    size_t end;

    dicom_file(const uint8_t *bytes, size_t n) : buffer(bytes, n), stream(&buffer), end(static_cast<size_t>(-1))
    {
    }
};

struct dicom_file *dicom_file_open(const uint8_t *bytes, size_t n, const uint32_t *tags, size_t count)
{
    gdcm::Trace::DebugOff();
    gdcm::Trace::WarningOff();
    gdcm::Trace::ErrorOff();
    dicom_file *f = nullptr;
    try {
        std::set<gdcm::Tag> wanted;
        for (size_t i = 0; i < count; i++) wanted.insert(tag_of(tags[i]));
        f = new dicom_file(bytes, n);
        f->reader.SetStream(f->stream);
        if (!f->reader.ReadSelectedTags(wanted)) throw std::bad_exception();
        const gdcm::TransferSyntax &ts = f->reader.GetFile().GetHeader().GetDataSetTransferSyntax();
        const char *name = ts.GetString();
        f->syntax = name ? name : "";
        std::streampos at = f->stream.tellg();
        if (at != std::streampos(-1) && static_cast<size_t>(at) < n) f->end = static_cast<size_t>(at);
        f->sets.push_back(dicom_set{ &f->reader.GetFile().GetDataSet(), f, nullptr });
        return f;
    } catch (...) {
        delete f;
        return nullptr;
    }
}

void dicom_file_close(struct dicom_file *f)
{
    delete f;
}

const struct dicom_set *dicom_file_set(const struct dicom_file *f)
{
    return &f->sets.front();
}

const char *dicom_file_syntax(const struct dicom_file *f)
{
    return f->syntax.c_str();
}

size_t dicom_file_end(const struct dicom_file *f)
{
    return f->end;
}

const uint8_t *dicom_value(const struct dicom_set *s, uint32_t tag, size_t *n)
{
    try {
        const gdcm::Tag t = tag_of(tag);
        if (!s->data->FindDataElement(t)) return nullptr;
        const gdcm::ByteValue *value = s->data->GetDataElement(t).GetByteValue();
        if (!value || !value->GetPointer() || !value->GetLength()) return nullptr;
        *n = value->GetLength();
        return reinterpret_cast<const uint8_t *>(value->GetPointer());
    } catch (...) {
        return nullptr;
    }
}

bool dicom_value_signed(const struct dicom_set *s, uint32_t tag)
{
    const gdcm::Tag t = tag_of(tag);
    return s->data->FindDataElement(t) && s->data->GetDataElement(t).GetVR() == gdcm::VR::SS;
}

const struct dicom_set *dicom_item(const struct dicom_set *s, uint32_t tag)
{
    try {
        const gdcm::Tag t = tag_of(tag);
        if (!s->data->FindDataElement(t)) return nullptr;
        gdcm::SmartPointer<gdcm::SequenceOfItems> items = s->data->GetDataElement(t).GetValueAsSQ();
        if (!items || !items->GetNumberOfItems()) return nullptr;
        s->file->sets.push_back(dicom_set{ &items->GetItem(1).GetNestedDataSet(), s->file, items });
        return &s->file->sets.back();
    } catch (...) {
        return nullptr;
    }
}

bool dicom_decode_stream(const char *syntax, const uint8_t *bytes, size_t n, struct dicom_layout *l, uint8_t *out,
                         size_t room)
{
    static const gdcm::PhotometricInterpretation::PIType kinds[] = {
        gdcm::PhotometricInterpretation::MONOCHROME1,   gdcm::PhotometricInterpretation::MONOCHROME2,
        gdcm::PhotometricInterpretation::PALETTE_COLOR, gdcm::PhotometricInterpretation::RGB,
        gdcm::PhotometricInterpretation::YBR_FULL,      gdcm::PhotometricInterpretation::YBR_FULL_422,
        gdcm::PhotometricInterpretation::YBR_RCT,
    };
    try {
        gdcm::SmartPointer<gdcm::SequenceOfFragments> fragments = gdcm::SequenceOfFragments::New();
        gdcm::Fragment fragment;
        fragment.SetByteValue(reinterpret_cast<const char *>(bytes), gdcm::VL(static_cast<uint32_t>(n)));
        fragments->AddFragment(fragment);
        gdcm::DataElement pixels(tag_of(0x7fe00010));
        pixels.SetVR(gdcm::VR::OB);
        pixels.SetValue(*fragments);
        gdcm::Image image;
        const unsigned int sides[2] = { static_cast<unsigned int>(l->width), static_cast<unsigned int>(l->height) };
        image.SetNumberOfDimensions(2);
        image.SetDimensions(sides);
        image.SetPixelFormat(gdcm::PixelFormat(
            static_cast<unsigned short>(l->samples), static_cast<unsigned short>(l->allocated),
            static_cast<unsigned short>(l->stored), static_cast<unsigned short>(l->high), l->is_signed));
        image.SetPhotometricInterpretation(gdcm::PhotometricInterpretation(kinds[l->photometric]));
        image.SetPlanarConfiguration(l->planar ? 1 : 0);
        image.SetTransferSyntax(gdcm::TransferSyntax(gdcm::TransferSyntax::GetTSType(syntax)));
        image.SetDataElement(pixels);
        if (image.GetBufferLength() != room || !image.GetBuffer(reinterpret_cast<char *>(out))) return false;
        const gdcm::PixelFormat &format = image.GetPixelFormat();
        const unsigned int *found = image.GetDimensions();
        if (image.GetBufferLength() != room || format.GetBitsAllocated() != l->allocated ||
            format.GetSamplesPerPixel() != l->samples || found[0] != sides[0] || found[1] != sides[1])
            return false;
        l->planar = image.GetPlanarConfiguration() == 1;
        return true;
    } catch (...) {
        return false;
    }
}

const char *dicom_gdcm_version(void)
{
    return gdcm::Version::GetVersion();
}
