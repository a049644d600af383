#pragma once
#include <hdf5.h>
#include <hdf5_hl.h>

// HDF5's constants are macros that open the library or name mutable globals, which Swift does not import.

static inline hid_t flowmap_h5t_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t flowmap_h5t_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t flowmap_h5t_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t flowmap_h5t_uint64(void) { return H5T_NATIVE_UINT64; }
static inline hid_t flowmap_h5t_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t flowmap_h5t_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t flowmap_h5t_big_endian_float(void) { return H5T_IEEE_F32BE; }
static inline hid_t flowmap_h5t_c_string(void) { return H5T_C_S1; }
static inline size_t flowmap_h5t_variable(void) { return H5T_VARIABLE; }

static inline hid_t flowmap_h5p_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t flowmap_h5p_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t flowmap_h5p_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t flowmap_h5p_default(void) { return H5P_DEFAULT; }
static inline hid_t flowmap_h5s_all(void) { return H5S_ALL; }
static inline hid_t flowmap_h5e_default(void) { return H5E_DEFAULT; }
static inline unsigned flowmap_h5p_creation_order(void) { return H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED; }
static inline unsigned flowmap_h5f_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned flowmap_h5f_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned flowmap_h5f_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned flowmap_h5f_create_new(void) { return H5F_ACC_EXCL; }

// MPI_Comm and MPI_Info travel as untyped pointers, so that the one who opens a file needs no MPI header.
static inline herr_t flowmap_h5p_set_mpio(hid_t access, void *communicator) {
  return H5Pset_fapl_mpio(access, (MPI_Comm)communicator, MPI_INFO_NULL);
}

// Closes what MPI knows of a file that was opened with H5Pset_fapl_mpio, and nothing of what HDF5 knows. `text` takes MPI's
// words for a failure, MPI_MAX_ERROR_STRING characters.
static inline int flowmap_mpi_file_close(hid_t file, char *text) {
  void *handle = NULL;
  if (H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0) return -1;
  int status = MPI_File_close((MPI_File *)handle), length = 0;
  if (status == MPI_SUCCESS) return 0;
  MPI_Error_string(status, text, &length);
  return -1;
}
static inline int flowmap_mpi_error_length(void) { return MPI_MAX_ERROR_STRING; }
