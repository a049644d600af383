#pragma once
#include <mpi.h>

// MPI's handles and wildcards are macros over casts, which Swift does not import.

static inline MPI_Comm flowmap_mpi_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Comm flowmap_mpi_comm_null(void) { return MPI_COMM_NULL; }
static inline MPI_Info flowmap_mpi_info_null(void) { return MPI_INFO_NULL; }
static inline MPI_Request flowmap_mpi_request_null(void) { return MPI_REQUEST_NULL; }
static inline MPI_Errhandler flowmap_mpi_errors_return(void) { return MPI_ERRORS_RETURN; }
static inline MPI_Status *flowmap_mpi_status_ignore(void) { return MPI_STATUS_IGNORE; }
static inline int flowmap_mpi_any_source(void) { return MPI_ANY_SOURCE; }

static inline MPI_Datatype flowmap_mpi_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype flowmap_mpi_int8(void) { return MPI_INT8_T; }
static inline MPI_Datatype flowmap_mpi_int32(void) { return MPI_INT32_T; }
static inline MPI_Datatype flowmap_mpi_int64(void) { return MPI_INT64_T; }
static inline MPI_Datatype flowmap_mpi_double(void) { return MPI_DOUBLE; }

static inline MPI_Op flowmap_mpi_sum(void) { return MPI_SUM; }
static inline MPI_Op flowmap_mpi_min(void) { return MPI_MIN; }
static inline MPI_Op flowmap_mpi_max(void) { return MPI_MAX; }
